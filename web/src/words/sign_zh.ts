/** Signing in and up, in Chinese; sign_en.ts has the same keys. */
const zh = {
  /** By the server's codes. */
  codes: {
    sign_in_failed: '账号或密码不对',
    too_many_attempts: '尝试太频繁，请过几分钟再试',
    person_blocked: '这个账号已被停用，请联系教务',
    login_taken: '这个账号已经有人用了',
    login_invalid: '账号要 3 到 64 位，只用字母、数字和 . _ - @ +',
    name_invalid: '请填写姓名',
    password_invalid: '密码里有不能用的字符',
    password_too_short: '密码至少 8 位',
    password_too_long: '密码最多 128 位',
    password_too_easy: '这个密码太容易被猜到，请换一个',
    setup_invalid: '这个链接已经用过或已失效',
  },
  inTitle: '登录',
  inHint: '登录后，学习时间计入学时',
  upTitle: '注册学员',
  upHint: '免费学习，学时和证书都记在您名下',
  name: '姓名',
  nameHint: '请用真实姓名，证书上会写',
  login: '账号',
  loginHint: '字母或数字，也可以用手机号',
  password: '密码',
  passwordHint: '至少 8 位',
  inDo: '登录',
  upDo: '注册并登录',
  haveOne: '已有账号？',
  haveNone: '还没有账号？',
};

export default zh;
export type SignWords = typeof zh;
