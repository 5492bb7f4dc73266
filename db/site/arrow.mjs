// Apache Arrow, which a classic script has put on the page, for the module that imports it by name.
export const { RecordBatchReader, Table, Type } = globalThis.Arrow;
