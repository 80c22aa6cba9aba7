/** What is read while a class is rewound, interrupted or over, in Chinese; rewind_en.ts has the same keys. */
const zh = {
  slate: {
    text: '讲师网络中断，课堂保留，自动恢复',
    failed: '直播出了故障，课堂保留，师傅重新开播后自动恢复',
    kept: (left: string) => `课堂还保留 ${left}，请不要离开；中断的时间不计学时`,
    back: '回看前面的内容',
  },
  chapters: {
    title: '章节名称',
    placeholder: '这一段讲什么，如：引弧',
    markNow: '标记章节',
    markHere: '在此处标记',
    save: '保存',
    leave: '取消',
    change: '修改',
    drop: '删除',
    none: '还没有章节',
    hint: '讲到新内容时点一下，学员就能直接跳到这里',
    nameless: (n: number) => `第 ${n} 章`,
  },
  position: '播放位置',
};

export default zh;
export type RewindWords = typeof zh;
