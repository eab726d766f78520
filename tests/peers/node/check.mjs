// Ends with 0 where the npm package zeromq can be loaded.
import "zeromq";
