/** What the tests use of MicroPython's WebAssembly port, which has no types of its own. */
declare module '@micropython/micropython-webassembly-pyscript' {
  export interface MicroPython {
    readonly FS: { mkdir(path: string): void; writeFile(path: string, content: Uint8Array): void };
    /** Makes an object a module that Python imports by this name. */
    registerJsModule(name: string, module: object): void;
    /** Runs a program; throws what it raises. */
    runPython(program: string): unknown;
  }

  /** `heapsize` in bytes; `stdout` gets each line where `linebuffer` is set. */
  export function loadMicroPython(options: {
    heapsize: number;
    linebuffer: boolean;
    stdout: (line: string) => void;
  }): Promise<MicroPython>;
}
