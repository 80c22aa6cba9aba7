/** Signing in and up, in English. */
import type { SignWords } from './sign_zh';

const en: SignWords = {
  codes: {
    sign_in_failed: 'Wrong account or password',
    too_many_attempts: 'Too many attempts, please try again in a few minutes',
    person_blocked: 'This account is blocked, please ask the staff',
    login_taken: 'This account name is taken',
    login_invalid: '3 to 64 letters, digits or . _ - @ +',
    name_invalid: 'Please fill in your name',
    password_invalid: 'The password has characters that cannot be used',
    password_too_short: 'At least 8 characters',
    password_too_long: 'At most 128 characters',
    password_too_easy: 'This password is easy to guess, please choose another',
    setup_invalid: 'This link was used already, or has expired',
  },
  inTitle: 'Sign in',
  inHint: 'Signed in, your learning time counts',
  upTitle: 'Sign up as a learner',
  upHint: 'Free. Hours and certificates are yours',
  name: 'Name',
  nameHint: 'Your real name: it goes on the certificate',
  login: 'Account',
  loginHint: 'Letters or digits; a phone number will do',
  password: 'Password',
  passwordHint: 'At least 8 characters',
  inDo: 'Sign in',
  upDo: 'Sign up and sign in',
  haveOne: 'Have an account?',
  haveNone: 'No account yet?',
};

export default en;
