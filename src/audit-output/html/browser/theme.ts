import { el } from '../view/markup.ts';
import { byId } from './page-elements.ts';
import { show } from './render-dom.ts';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const key = 'tenantgate-theme';

/** As early as the page can be painted, so that it does not change colours before the reader’s eyes. */
export function applyStoredTheme(): void {
  apply(storedTheme());
}

export function addThemeSwitch(): void {
  show(
    byId('theme'),
    el('label', { for: 'theme-choice' }, 'Colours'),
    el(
      'select',
      { id: 'theme-choice' },
      themes.map((theme) => el('option', { value: theme, selected: theme === storedTheme() }, theme)),
    ),
  );
  byId('theme-choice').addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLSelectElement)) return;
    const theme = themeOf(target.value);
    apply(theme);
    store(theme);
  });
}

function apply(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function storedTheme(): Theme {
  try {
    return themeOf(localStorage.getItem(key));
  } catch {
    // Storage may be off; then the system’s choice holds.
    return 'auto';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice holds for as long as the page is open.
  }
}

function themeOf(text: string | null): Theme {
  return themes.find((theme) => theme === text) ?? 'auto';
}
