/** "1 lesson", "1,200 lessons". */
export const many = (n: number, one: string, more = `${one}s`) => `${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`;
