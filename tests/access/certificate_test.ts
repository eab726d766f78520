import { assertEquals, assertThrows } from "@std/assert";
import { formatCertificate, isKey, parseCertificate } from "../../lib/access/certificate.ts";

const PUBLIC = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const SECRET = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
const QUEUE = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

Deno.test("isKey() is true for 40 characters of Z85 only", () => {
  assertEquals([PUBLIC, SECRET, QUEUE].map(isKey), [true, true, true]);
  const wrong = ["", PUBLIC.slice(1), PUBLIC + "a", PUBLIC.replace("r", '"'), PUBLIC.replace("r", "~"), ` ${PUBLIC}`];
  assertEquals(wrong.map(isKey), wrong.map(() => false));
});

Deno.test("parseCertificate() reads what formatCertificate() writes", () => {
  for (
    const keys of [
      { publicKey: PUBLIC, secretKey: SECRET, queueKey: QUEUE },
      { publicKey: PUBLIC, secretKey: SECRET, queueKey: undefined },
      { publicKey: PUBLIC, secretKey: undefined, queueKey: undefined },
    ]
  ) assertEquals(parseCertificate(formatCertificate({ title: "worker thumb1", ...keys })), keys);
});

Deno.test("parseCertificate() reads what pyzmq and czmq write", () => {
  const pyzmq =
    `#   ****  Generated on 2026-11-30 by pyzmq  ****\n\nmetadata\n    name = thumb1\ncurve\n    public-key = "${PUBLIC}"\n` +
    `    secret-key = "${SECRET}"\n`;
  assertEquals(parseCertificate(pyzmq), { publicKey: PUBLIC, secretKey: SECRET, queueKey: undefined });
  const windows = `curve\r\n  public-key = '${PUBLIC}'\r\n`;
  assertEquals(parseCertificate(windows).publicKey, PUBLIC);
});

Deno.test("parseCertificate() says what is wrong, without showing the key, when a key is missing or invalid", () => {
  assertThrows(() => parseCertificate("curve\n"), RangeError, "it has no public-key line");
  const short = `public-key = "${PUBLIC}"\nsecret-key = "${SECRET.slice(1)}"\n`;
  const error = assertThrows(() => parseCertificate(short), RangeError, "its secret-key is not a key");
  assertEquals(error.message.includes(SECRET.slice(1)), false);
});
