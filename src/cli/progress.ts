import type { Progress } from "../vm/prepare-kernel.ts";

/** Work that takes less than this, in milliseconds, is not worth a line. */
const PATIENCE = 1000;

/** A line on a terminal that says what takes long. */
export interface ProgressLine {
  readonly show: Progress;
  readonly clear: () => void;
}

/** Shows progress on standard error when it is a terminal, for activities of over a second. */
export function createProgressLine(): ProgressLine {
  let timer: NodeJS.Timeout | undefined;
  let shown = false;
  const clear = (): void => {
    clearTimeout(timer);
    if (shown) {
      process.stderr.write("\r\x1b[K");
      shown = false;
    }
  };
  const show = (activity: string): void => {
    clear();
    if (process.stderr.isTTY) {
      timer = setTimeout(() => {
        shown = true;
        process.stderr.write(`${activity} ...`);
      }, PATIENCE);
    }
  };
  return { show, clear };
}
