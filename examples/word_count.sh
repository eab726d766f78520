#!/bin/sh
# Counts words: the request is a text, the reply its ten most frequent words, one a line with the number before it.
#
# Usage: examples/word_count.sh [WORKER ARGUMENTS], such as --connect tcp://queue:5556 --concurrency auto
# SPWORKER names the worker, `spworker` unless it is set.
set -eu

# A shell reads this for each request, which is on its standard input.
pipeline="tr -s '[:space:][:punct:]' '\n' | tr '[:upper:]' '[:lower:]' | sed '/^$/d' | LC_ALL=C sort | uniq -c |
  LC_ALL=C sort -k1,1nr -k2 | head -n 10 | sed 's/^ *//'"

# Unquoted, so that SPWORKER may be several words, such as `deno task worker`.
exec ${SPWORKER:-spworker} --exec "$pipeline" --shell "$@"
