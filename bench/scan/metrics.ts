/** The metrics of a server at one time. */
export interface Metrics {
  /** The sum of all series of this name; 0 where there is none. */
  sum(name: string): number;
}

export async function readMetrics(port: number): Promise<Metrics> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await response.text()).split('\n');
  return {
    sum: (name) => {
      const own = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
      return own.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}
