export { type CommandParts, main } from "./command.js";
export { type CommandIo, exitCodes, processIo } from "./io.js";
