/** What is the learner's own, record and certificates, in Chinese; mine_en.ts has the same keys. */
const zh = {
  learning: {
    guest: '登录后可以看到自己的学习记录',
    guestHint: '每一分钟都有据可查',
    total: '学习合计',
    seconds: '秒',
    minutes: '分钟',
    hours: '学时',
    certificates: '证书',
    nextHour: (left: number) => `再学 ${left} 分钟，合计又满 1 学时`,
    empty: '还没有学习记录',
    emptyHint: '进入一堂直播课，或打开一门课程，从第一分钟开始',
    find: '去找课',
    courses: '我的课程',
    classes: '上过的直播课',
    classLine: (time: string) => `已计 ${time}`,
    certified: '已发证',
  },
  certificate: {
    title: '培训合格证明',
    body: (from: string, to: string) => `${from === to ? from : `${from} 至 ${to}`}，在匠堂完成课程学习`,
    hours: (hours: number, minutes: number) =>
      `${hours > 0 ? `${hours} 学时，` : ''}共${minutes > 0 ? ` ${minutes} 分钟` : '不到 1 分钟'}`,
    note: '本证明记录一次线上培训的完成情况，不是职业资格证书，也不是职业技能等级证书。',
    serial: '证书编号',
    issued: '发证日期',
    pdf: '下载 PDF 证书',
    check: '查验真伪',
    checkHint: '扫码或打开链接，任何人都可以核对这张证书。',
    link: '查验链接',
    open: '打开查验页',
    qr: '查验二维码',
    revoked: '已撤销',
  },
};

export default zh;
export type MineWords = typeof zh;
