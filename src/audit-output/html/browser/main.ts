import type { PageData } from '../view/page-data.ts';
import { addCopyButtons } from './copy-fix.ts';
import { byId } from './page-elements.ts';
import { Page } from './page.ts';
import { addThemeSwitch, applyStoredTheme } from './theme.ts';

applyStoredTheme();
document.addEventListener('DOMContentLoaded', () => {
  addThemeSwitch();
  addCopyButtons(byId('cluster'));
  // The page was made with it by html-page.ts.
  new Page(JSON.parse(byId('data').textContent) as PageData);
});
