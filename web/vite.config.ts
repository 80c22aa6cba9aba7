import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// The server answers everything under one origin; while developing, its paths are passed on to it.
const server = 'http://localhost:8080';

// Few small files are slow on a bad network: what every view draws with goes with the first file, what both rooms
// (class and lesson) share is one file, and so is what only masters fetch: each further name costs learners bytes too.
const KIT =
  /\/src\/(style\/|ui\/((Bead|Cover|Face|Go|Icon|LiveBadge|Note|Skeleton|Trouble)\/|travel|head)|api\/(http|calls)|words\/zh\.|core\/(bead|course|keep|lazy_words|net|resource|session|settings|way|when|words)\.)/;
const STUDY = /\/src\/((core|words)\/room_(words|zh)|core\/(resume|habits)\.|learner\/(Banner|Chat|LearnLine|useWatching)|ui\/Tabs\/)/;
const STUDIO = /\/src\/(studio\/|admin\/CutOff\/|api\/staff_calls\.|media\/(capture|ice_servers|level|pause_slate|sender)\.|core\/(health|studio_words)\.|words\/studio_zh)/;
// The first file knows all others by name: a name that says nothing costs least.
const NAMES = 'assets/[hash].js';

function chunkOf(id: string): string | undefined {
  if (/\/(vue|@vue)\//.test(id) || KIT.test(id)) return 'kit';
  if (/\/learner\/Stage\//.test(id)) return 'stage';
  if (STUDIO.test(id)) return 'studio';
  return STUDY.test(id) ? 'study' : undefined;
}

export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  build: {
    target: ['chrome87', 'safari14'],
    assetsInlineLimit: 0, // data: URLs would need a wider CSP
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: 'manifest.json', // for build/size.mjs; not served
    chunkSizeWarningLimit: 600,
    minify: 'terser',
    terserOptions: { compress: { passes: 2 }, format: { comments: false } },
    rollupOptions: { input: ['index.html', 'embed.html'], output: { manualChunks: chunkOf, chunkFileNames: NAMES, assetFileNames: 'assets/[hash][extname]' } },
  },
  server: {
    proxy: {
      '/api': server,
      '/media': server,
      '/verify': server,
      '/ws': { target: server, ws: true },
    },
  },
});
