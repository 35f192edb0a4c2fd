#!/usr/bin/env node
// Starts the program that npm installed for this kind of machine, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `@wirecopy/${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(`${name}/bin/wirecopy`);
  } catch {
    console.error(
      `wirecopy: the package ${name} is not installed. npm leaves it out with --omit=optional, and where there is none for this machine.`,
    );
    process.exit(2);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"]) {
  process.on(signal, () => {
    // A terminal gives these two to the program as well: it would get them twice. Whoever sends one to this process alone takes
    // SIGTERM.
    const fromTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
    if (!fromTerminal) child.kill(signal);
  });
}

child.on("error", (error) => {
  console.error(`wirecopy: cannot start ${child.spawnfile}: ${error.message}`);
  process.exit(2);
});

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // A signal that does not end us is said as shells say it.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
});
