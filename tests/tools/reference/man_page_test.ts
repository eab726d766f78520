import { assertEquals } from "@std/assert";
import { manPage } from "../../../tools/reference/man_page.ts";
import { group } from "../../../lib/cli/program.ts";

Deno.test("manPage() has a section for everything that a program's table has", () => {
  const page = manPage({
    name: "fetch",
    tagline: "fetch files",
    summary: ["Fetches.", "With --from, from elsewhere."],
    arguments: [{ placeholder: "NAME", help: "What to fetch." }],
    options: group("Source", {
      from: {
        kind: "endpoints",
        defaultValue: ["tcp://localhost:1"],
        use: "connect",
        help: "Where from.",
        variable: "SPQ_FROM",
      },
      after: { kind: "duration", defaultValue: undefined, min: 0, max: 10, help: "When.", shownDefault: "never" },
    }),
    commands: [{
      name: "fetch key add",
      summary: ["Add a key."],
      arguments: [{ placeholder: "NAME", help: "Its name.", isRequired: true }],
      options: { from: { kind: "text", defaultValue: undefined, help: "Its file.", variable: "SPQ_FROM" } },
      exitCodes: [[0, "done"], [2, "usage error"]],
    }],
    examples: [["fetch one", "Fetch one."]],
    exitCodes: [[0, "done"]],
    signals: [["SIGTERM", "Exit."]],
    environment: [["NO_COLOR", "No colours."]],
    files: [["DIR/key", "The key."]],
  }, { date: "2026-11-30", seeAlso: [["other", 7]] });
  assertEquals(
    page,
    String.raw`.Dd November 30, 2026
.Dt FETCH 1
.Os
.Sh NAME
.Nm fetch
.Nd fetch files
.Sh SYNOPSIS
.Nm fetch
.Op Ar OPTIONS
.Op Ar NAME
.Nm fetch
.Cm key add
.Op Ar OPTIONS
.Ar NAME
.Sh DESCRIPTION
Fetches.
.Pp
With \fB\%\-\-from\fR, from elsewhere.
.Bl -tag -width Ds
.It Ar NAME
What to fetch.
.El
.Sh OPTIONS
DURATION is a number with a unit, such as 250ms, 10s, 5m or 2h.
.Ss Source
.Bl -tag -width Ds
.It Fl \-from Ar ENDPOINT
Where from.
Default: \fB\%tcp://localhost:1\fR.
Can be repeated.
Variable: \fB\%SPQ_FROM\fR.
.It Fl \-after Ar DURATION
When.
Default: \fB\%never\fR.
.El
.Ss Help
.Bl -tag -width Ds
.It Fl h , Fl \-help
Print this text and exit.
.It Fl \-version
Print the version and exit.
.El
.Sh COMMANDS
.Ss fetch key add
\fB\%fetch \%key \%add\fR \fI[OPTIONS]\fR \fINAME\fR
.Pp
Add a key.
.Bl -tag -width Ds
.It Ar NAME
Its name.
.It Fl \-from Ar TEXT
Its file.
Variable: \fB\%SPQ_FROM\fR.
.El
.Sh SIGNALS
.Bl -tag -width Ds
.It \fB\%SIGTERM\fR
Exit.
.El
.Sh ENVIRONMENT
A flag takes precedence over its variable.
In a variable, a switch is 1 or 0, and commas separate repeated values.
.Bl -tag -width Ds
.It Ev SPQ_FROM
The value of \fB\%\-\-from\fR of fetch.
.It Ev NO_COLOR
No colours.
.El
.Sh FILES
.Bl -tag -width Ds
.It Pa DIR/key
The key.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
done
.El
.Pp
Of \fB\%fetch \%key \%add\fR:
.Bl -tag -width Ds
.It 0
done
.It 2
usage error
.El
.Sh EXAMPLES
Fetch one.
.Bd -literal -offset indent
fetch one
.Ed
.Sh SEE ALSO
.Xr other 7
`,
  );
});
