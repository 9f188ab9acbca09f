import { format, resolveConfig } from 'prettier';

/** One generated file: its path from the repository's root, and what it must hold. */
export interface Artefact {
  readonly path: string;
  readonly text: string;
}

/** Formats a generated file as `prettier --check` wants it. */
export async function artefactOf(path: string, text: string): Promise<Artefact> {
  const config = await resolveConfig(path);
  return { path, text: await format(text, { ...config, filepath: path }) };
}
