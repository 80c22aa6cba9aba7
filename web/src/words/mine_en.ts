/** What is the learner's own, record and certificates, in English. */
import type { MineWords } from './mine_zh';
import { many } from './many';

const en: MineWords = {
  learning: {
    guest: 'Sign in to see your learning record',
    guestHint: 'Every minute can be proven',
    total: 'In total',
    seconds: 'seconds',
    minutes: 'minutes',
    hours: 'credit hours',
    certificates: 'Certificates',
    nextHour: (left) => `${left} more minutes make another credit hour`,
    empty: 'Nothing learnt yet',
    emptyHint: 'Join a live class or open a course, and begin with the first minute',
    find: 'Find a course',
    courses: 'My courses',
    classes: 'Live classes attended',
    classLine: (time) => `${time} credited`,
    certified: 'Certified',
  },
  certificate: {
    title: 'Certificate of learning',
    body: (from, to) => `${from === to ? `On ${from}` : `From ${from} to ${to}`} completed on Jiangtang`,
    hours: (hours, minutes) =>
      `${hours > 0 ? `${many(hours, 'credit hour')}, ` : ''}${minutes > 0 ? many(minutes, 'minute') : 'less than a minute'} in all`,
    note: 'It records the completion of an online training. It is neither a vocational qualification nor a skill level certificate.',
    serial: 'Serial number',
    issued: 'Issued on',
    pdf: 'Download as PDF',
    check: 'Check that it is genuine',
    checkHint: 'Anybody can check this certificate by scanning the code or opening the link.',
    link: 'Link for checking',
    open: 'Open the check page',
    qr: 'QR code for checking',
    revoked: 'Revoked',
  },
};

export default en;
