import { execFile, execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"

export const root = join(import.meta.dirname, "..", "..")
const packageOf = (name: string) => join(root, "packages", name)
const binaries = join(root, "node_modules", ".bin")

export const readme = readFileSync(join(packageOf("sdk"), "README.md"), "utf8")

/** The package promises to run on 20 and later. */
const isNewEnough = (node: string): boolean =>
  Number(/^v(\d+)/.exec(execFileSync(node, ["--version"], { encoding: "utf8" }))?.[1]) >= 20

/** The Node that comes with the repository, and the one that the machine has of its own. */
export const nodes: ReadonlyArray<string> = [
  join(binaries, "node"),
  ...(process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file) && isNewEnough(file))
    .slice(0, 1)
]

/** An empty project with the package in it, as npm installs it from the packed file. */
export interface App {
  readonly folder: string
  /** Where the package is in it. */
  readonly installed: string
  /** What was packed. */
  readonly files: ReadonlyArray<string>
  readonly run: (
    command: string,
    args: ReadonlyArray<string>,
    environment?: Readonly<Record<string, string>>
  ) => Promise<string>
  readonly remove: () => void
}

/** Builds the package elsewhere than in its own folder, packs it, and installs it without a network. */
export const installPacked = async (name = "sdk", beside: ReadonlyArray<string> = []): Promise<App> => {
  const folder = mkdtempSync(join(tmpdir(), "sdk-packed-"))
  const [built, app] = [join(folder, "built"), join(folder, "app")]
  const env = {
    ...process.env,
    npm_config_cache: join(folder, "cache"),
    npm_config_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false"
  }
  const asked = promisify(execFile)
  const runIn =
    (cwd: string): App["run"] =>
    async (command, args, more = {}) => {
      try {
        return (await asked(command, [...args], { cwd, env: { ...env, ...more } })).stdout
      } catch (error) {
        // Compilers tell what is wrong on the one stream, Node on the other.
        const told = error instanceof Error && "stdout" in error ? String(error.stdout) : ""
        throw new Error(`${command} ${args.join(" ")}\n${told}`, { cause: error })
      }
    }

  mkdirSync(built)
  mkdirSync(app)
  await runIn(root)(join(binaries, "tsc"), ["--project", packageOf(name), "--outDir", join(built, "dist")])
  for (const file of ["package.json", "README.md"]) cpSync(join(packageOf(name), file), join(built, file))
  await runIn(built)("npm", ["pack", "--ignore-scripts", "--pack-destination", folder])
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz")) ?? "(nothing was packed)"
  writeFileSync(join(app, "package.json"), '{ "type": "module", "private": true }')
  await runIn(app)("npm", ["install", "--ignore-scripts", ...beside, join(folder, tarball)])
  const installed = join(app, "node_modules", "@payment-orchestration", name)
  return {
    folder: app,
    installed,
    files: readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((file) =>
      /\.\w+$/.test(file)
    ),
    run: runIn(app),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** The blocks of a language in the README of the package. */
export const blocksOf = (language: string, text = readme): ReadonlyArray<string> =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, block = ""]) => block)

/** Lets a compiler read TypeScript in the project, with some of its options. */
export const compile = async (
  app: App,
  name: string,
  files: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>
): Promise<void> => {
  const folder = join(app.folder, name)
  mkdirSync(folder)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    // The package's own declarations are read as well.
    skipLibCheck: false,
    ...options
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }))
  await app.run(join(binaries, "tsc"), ["--project", folder])
}

export const typesOfNode = { types: ["node"], typeRoots: [join(root, "node_modules", "@types")] }
