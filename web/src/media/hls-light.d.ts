// The light build ships no declaration of its own; its surface is the full build's without alternate audio and DRM.
declare module 'hls.js/light' {
  export * from 'hls.js';
  export { default } from 'hls.js';
}
