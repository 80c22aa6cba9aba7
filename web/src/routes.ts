/** Every address of the page. Views are fetched when first gone to. */
import type { Component } from 'vue';
import { matchPath, type Params } from './core/way';

export interface Place {
  pattern: string;
  load: () => Promise<{ default: Component }>;
  props?: Readonly<Record<string, string>>;
  /** On a phone the view takes the whole screen. */
  immersive?: boolean;
}

const make = () => import('./admin/MakePage/MakePage.vue');
const sign = () => import('./learner/SignPage/SignPage.vue');

const places: readonly Place[] = [
  { pattern: '/', load: () => import('./learner/HomePage/HomePage.vue') },
  { pattern: '/c/:id', load: () => import('./learner/ClassPage/ClassPage.vue'), immersive: true },
  { pattern: '/courses', load: () => import('./learner/CataloguePage/CataloguePage.vue') },
  { pattern: '/courses/:id', load: () => import('./learner/CoursePage/CoursePage.vue') },
  { pattern: '/lessons/:id', load: () => import('./learner/LessonPage/LessonPage.vue'), immersive: true },
  { pattern: '/sign-in', load: sign, props: { kind: 'in' } },
  { pattern: '/sign-up', load: sign, props: { kind: 'up' } },
  { pattern: '/account', load: () => import('./learner/AccountPage/AccountPage.vue') },
  { pattern: '/setup', load: () => import('./admin/SetupPage/SetupPage.vue') },
  { pattern: '/learning', load: () => import('./learner/LearningPage/LearningPage.vue') },
  { pattern: '/certificates/:id', load: () => import('./learner/CertificatePage/CertificatePage.vue') },
  { pattern: '/people', load: () => import('./admin/PeoplePage/PeoplePage.vue') },
  { pattern: '/make', load: make },
  { pattern: '/make/:page', load: make },
  { pattern: '/make/:page/:id', load: make },
  { pattern: '/teach', load: () => import('./studio/TeachPage/TeachPage.vue') },
  { pattern: '/teach/:id/studio', load: () => import('./studio/StudioPage/StudioPage.vue'), immersive: true },
  { pattern: '/teach/:id', load: () => import('./studio/TeachClassPage/TeachClassPage.vue') },
];
const nowhere: Place = { pattern: '', load: () => import('./learner/MissingPage/MissingPage.vue') };

export function placeOf(path: string): { place: Place; params: Params } {
  for (const place of places) {
    const params = matchPath(place.pattern, path);
    if (params) return { place, params: { ...params, ...place.props } };
  }
  return { place: nowhere, params: {} };
}
