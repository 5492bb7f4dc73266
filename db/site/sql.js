// SQL on the site's own Parquet files. The engine comes when the reader first asks for it, never before.
const { engine, files } = JSON.parse(document.getElementById("data").textContent);
const LIMIT = 1000;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const byId = (id) => document.getElementById(id);
const whole = (address) => new URL(address, document.baseURI).href;
const opened = new Set(); // tables that are there
let session = null;

function say(text, isWrong = false) {
  byId("said").textContent = text;
  byId("said").className = isWrong ? "wrong" : "";
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = whole(address);
    script.crossOrigin = "anonymous";
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(`${script.src} can't be loaded.`)));
    document.head.append(script);
  });
}

// A worker must come from the page's own host: of another one it is a line that loads it.
function startWorker() {
  if (!engine.host) return new Worker(whole(engine.worker));
  const text = `importScripts(${JSON.stringify(engine.worker)});`;
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}

async function start() {
  await loadScript(engine.arrow);
  const duckdb = await import(whole(engine.library));
  const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), startWorker());
  await database.instantiate(whole(engine.wasm));
  const connection = await database.connect();
  if (engine.registry) {
    const registry = whole(engine.registry).replaceAll("'", "''");
    await connection.query(`SET custom_extension_repository = '${registry}'`);
  }
  return { database, connection };
}

async function openTable(name) {
  const answer = await fetch(whole(files[name]));
  if (!answer.ok) throw new Error(`${files[name]} can't be loaded: ${answer.status}.`);
  const file = `${name}.parquet`;
  await session.database.registerFileBuffer(file, new Uint8Array(await answer.arrayBuffer()));
  await session.connection.query(`CREATE OR REPLACE VIEW "${name}" AS SELECT * FROM read_parquet('${file}')`);
  opened.add(name);
}

const isNamed = (name, query) => new RegExp(`\\b${name}\\b`, "i").test(query);

async function ask(query) {
  session ??= await start();
  say("Loading the tables …");
  await Promise.all(Object.keys(files).filter((name) => !opened.has(name) && isNamed(name, query)).map(openTable));
  say("Running …");
  const text = query.trim().replace(/;\s*$/, "");
  return session.connection.query(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${text}\n) LIMIT ${LIMIT + 1}`);
}

function cell(tag, text, isNumber) {
  const found = document.createElement(tag);
  found.textContent = text ?? "–";
  if (isNumber) found.className = "n";
  return found;
}

function show(result) {
  const names = result.schema.fields.map((field) => field.name);
  const rows = result.toArray().map((row) => Object.values(row.toJSON()));
  const shown = rows.slice(0, LIMIT);
  const isNumber = names.map((_, i) => shown.every((row) => row[i] === null || NUMBER.test(row[i])));
  const line = (tag, values) => {
    const row = document.createElement("tr");
    row.append(...values.map((value, i) => cell(tag, value, isNumber[i])));
    return row;
  };
  const table = document.createElement("table");
  const [head, body] = [document.createElement("thead"), document.createElement("tbody")];
  head.append(line("th", names));
  body.append(...shown.map((row) => line("td", row)));
  table.append(head, body);
  byId("rows").replaceChildren(table);
  byId("rows").hidden = false;
  say(rows.length > LIMIT ? `The first ${LIMIT} rows.` : `${rows.length} ${rows.length === 1 ? "row" : "rows"}.`);
}

async function run() {
  byId("run").disabled = true;
  say(session ? "Running …" : `Loading DuckDB-Wasm ${engine.version} …`);
  try {
    show(await ask(byId("query").value));
  } catch (error) {
    byId("rows").hidden = true;
    say(String(error.message ?? error), true);
  } finally {
    byId("run").disabled = false;
  }
}

byId("run").addEventListener("click", run);
byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
if (location.protocol === "file:") {
  byId("run").disabled = true;
  say("A page opened from a disk may not read its files. In the site's folder: python -m http.server, then http://localhost:8000/data.html");
}
