/**
 * The page at `/`: one document, whose policy lets it load data only from this server and run only its own script.
 *
 * @module
 */

import page from "./page/document.json" with { type: "json" };
import type { HttpResponse } from "../../http/request.ts";

const POLICY = [
  "default-src 'none'",
  `script-src '${page.scriptHash}'`,
  `style-src '${page.styleHash}'`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** The response. */
export const PAGE: HttpResponse = {
  status: 200,
  type: "text/html; charset=utf-8",
  body: page.html,
  headers: { "Content-Security-Policy": POLICY.join("; "), "Referrer-Policy": "no-referrer" },
};
