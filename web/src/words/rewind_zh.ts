/** What is read while a class is rewound, interrupted or over, in Chinese; rewind_en.ts has the same keys. */
const zh = {
  slate: {
    text: '讲师网络中断，课堂保留，自动恢复',
    kept: (left: string) => `课堂还保留 ${left}，请不要离开；中断的时间不计学时`,
    back: '回看前面的内容',
  },
  position: '播放位置',
};

export default zh;
export type RewindWords = typeof zh;
