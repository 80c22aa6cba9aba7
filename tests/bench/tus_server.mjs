// The server that bench upload stands beside: @tus/server as its own documentation sets it up. node tus_server.mjs PORT FOLDER
import { Server } from '@tus/server';
import { FileStore } from '@tus/file-store';

const [port, directory] = process.argv.slice(2);
const server = new Server({ path: '/files', datastore: new FileStore({ directory }) });
server.listen({ host: '127.0.0.1', port: Number(port) });
