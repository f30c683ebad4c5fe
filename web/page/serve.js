// The page of chord serve: the server that it comes from answers.

import { run } from "./app.js";
import { HTTPTransport } from "./transport.js";

await run(new HTTPTransport(new URL(".", location.href)));
