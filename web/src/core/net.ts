/** Whether the device has a network at all, as the browser tells; `ui/look.ts` listens for it. */
import { reactive } from 'vue';

export const net = reactive({ online: true });
