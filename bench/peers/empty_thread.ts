/**
 * The program that does nothing with a second thread that does nothing: what a relay's thread takes by itself.
 *
 * @module
 */

new Worker("data:text/javascript,setInterval(() => {}, 60000)", { type: "module" });
await import("./empty.ts");
