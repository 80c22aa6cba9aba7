/** What is read while a class is rewound, interrupted or over, in English. */
import type { RewindWords } from './rewind_zh';

const en: RewindWords = {
  slate: {
    text: 'The master’s connection broke. The class is kept and goes on by itself.',
    failed: 'The broadcast broke down. The class is kept and goes on once the master is live again.',
    kept: (left) => `Kept for ${left} more: please stay. The break does not count as learning time.`,
    back: 'Watch from the start',
  },
  chapters: {
    title: 'Chapter title',
    placeholder: 'What this part is about',
    markNow: 'Mark chapter',
    markHere: 'Mark here',
    save: 'Save',
    leave: 'Cancel',
    change: 'Change',
    drop: 'Delete',
    none: 'No chapters yet',
    hint: 'Tap when something new begins: learners can go right there',
    nameless: (n) => `Part ${n}`,
  },
  position: 'Position',
};

export default en;
