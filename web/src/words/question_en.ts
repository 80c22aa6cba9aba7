import type { QuestionWords } from './question_zh';
import { many } from './many';

const en: QuestionWords = {
  codes: {
    hosts_only: 'Only the master may do this',
    question_missing: 'This question was removed',
    question_answered: 'This question has been answered',
    own_question: 'This is your own question',
    too_many_questions: 'Five of your questions are open: wait a little, or withdraw one',
    questions_full: 'Too many questions are open, please ask again later',
  },
  empty: 'Nobody has asked anything yet. Be the first',
  emptyHint: 'A question stays here until the master has answered it',
  emptyHost: 'Nobody has asked anything yet',
  emptyHostHint: 'What most learners want to know will stand first',
  open: 'Open',
  answered: 'Answered',
  placeholder: 'What is not clear yet?',
  write: 'Question',
  send: 'Ask',
  guest: 'Sign in to ask',
  left: (n) => (n >= 0 ? `${many(n, 'character')} left` : `${many(-n, 'character')} too many`),
  want: 'Me too',
  votes: (n) => `${many(n, 'other')} want${n === 1 ? 's' : ''} to know`,
  mine: 'Mine',
  withdraw: 'Withdraw',
  answer: 'Answer',
  aloud: 'Answered aloud',
  change: 'Change answer',
  reopen: 'Open again',
  remove: 'Remove',
  removeSure: 'Remove this question?',
  withdrawSure: 'Withdraw this question?',
  of: (act, text) => `${act}: ${text}`,
  answerTo: 'Write an answer: all learners will see it',
  done: 'Send answer',
  leave: 'Cancel',
  older: 'Earlier answers',
  file: 'Export table',
  jump: (at) => `Go to ${at}`,
  newAsked: (n) => many(n, 'new question'),
  newAnswers: (n) => many(n, 'new answer'),
  answeredYours: (name, n, aloud) =>
    n > 1 ? `${name} answered ${n} of your questions` : aloud ? `${name} answered your question aloud` : `${name} answered your question`,
  told: (name, question, text) => `${name} answered “${question}”: ${text}`,
};

export default en;
