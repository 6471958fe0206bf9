interface ImportMetaEnv {
  /** `export`, `mock`, or the URLs of gateway and realtime service, with a comma between them where they differ. */
  readonly VITE_BACKEND?: string;
}
