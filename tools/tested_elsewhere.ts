/**
 * Modules of lib/ that have no test of their name: which test covers them, and why.
 *
 * @module
 */

const END_TO_END = "its work is a process, its streams or its signals";
const SHELL = "it is tested in the shells";
const TYPES = "it has types and constants only";

/** For each such module the test that covers it (empty if it has nothing to test) and the reason. */
export const TESTED_ELSEWHERE: Readonly<Record<string, readonly [test: string, reason: string]>> = {
  "lib/access/new_key.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/access/new_key_options.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/c_library.ts": ["tests/programs/signals_test.ts", "it is declarations"],
  "lib/cli/common_texts.ts": ["tests/tools/reference_test.ts", "it is texts"],
  "lib/cli/completion_command.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/cli/completions/bash.ts": ["tests/cli/completions_test.ts", SHELL],
  "lib/cli/completions/command_line.ts": ["tests/cli/completions_test.ts", SHELL],
  "lib/cli/completions/fish.ts": ["tests/cli/completions_test.ts", SHELL],
  "lib/cli/completions/zsh.ts": ["tests/cli/completions_test.ts", SHELL],
  "lib/cli/shells.ts": ["", TYPES],
  "lib/cli/start_log.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/cli/log_options.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/cli/run.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/cli/reaper.ts": ["tests/programs/worker_exec_test.ts", END_TO_END],
  "lib/cli/signals.ts": ["tests/programs/signals_test.ts", END_TO_END],
  "lib/client/count.ts": ["tests/programs/client_test.ts", END_TO_END],
  "lib/client/lines.ts": ["tests/programs/client_lines_test.ts", END_TO_END],
  "lib/client/load_progress.ts": ["tests/programs/client_load_test.ts", END_TO_END],
  "lib/client/once.ts": ["tests/programs/client_once_test.ts", END_TO_END],
  "lib/client/options.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/delay.ts": ["tests/worker/exec/persistent_executor_test.ts", "it is a timer and an abort signal"],
  "lib/queue/access/config.ts": ["tests/queue/access/door_test.ts", "it is tested with a queue in the test's process"],
  "lib/queue/commands/commands.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/queue/commands/status.ts": ["tests/programs/status_test.ts", END_TO_END],
  "lib/queue/commands/status_options.ts": ["tests/programs/status_test.ts", END_TO_END],
  "lib/queue/http/client.ts": ["tests/programs/status_test.ts", END_TO_END],
  "lib/queue/http/event_stream.ts": [
    "tests/queue/http/queue_http_test.ts",
    "it is tested with a queue in the test's process",
  ],
  "lib/queue/commands/key.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/queue/commands/key_options.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/queue/broker/options.ts": ["tests/queue/config_test.ts", "the queue's options include them"],
  "lib/queue/broker/output.ts": ["", TYPES],
  "lib/queue/broker/records.ts": ["tests/queue/broker/broker_test.ts", TYPES],
  "lib/queue/broker/statistics.ts": ["tests/queue/broker/broker_test.ts", TYPES],
  "lib/descriptor.ts": ["tests/programs/log_write_test.ts", END_TO_END],
  "lib/queue/options.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/queue/relay/messages.ts": ["", TYPES],
  "lib/queue/relay/relay_statistics.ts": ["", TYPES],
  "lib/queue/relay/exhausted_copies.ts": ["tests/programs/exhausted_test.ts", "it reads messages that libzmq has"],
  "lib/queue/relay/routers.ts": ["tests/queue/queue_test.ts", "they are the sockets of that queue"],
  "lib/queue/relay/thread.ts": ["tests/queue/queue_test.ts", "it is the thread of that queue"],
  "lib/worker/commands/commands.ts": ["tests/programs/keys_test.ts", END_TO_END],
  "lib/own_children.ts": ["tests/programs/worker_exec_test.ts", END_TO_END],
  "lib/worker/connection.ts": ["tests/worker/slot_test.ts", "it is tested with queues that stop and restart"],
  "lib/worker/exec/descriptor_limit.ts": ["tests/programs/worker_exec_test.ts", END_TO_END],
  "lib/worker/exec/process_group.ts": ["tests/worker/exec/process_executor_test.ts", END_TO_END],
  "lib/worker/executor.ts": ["", TYPES],
  "lib/worker/handler_executor.ts": ["tests/worker/slot_test.ts", "it is a call"],
  "lib/worker/job_error.ts": ["tests/worker/exec/process_executor_test.ts", TYPES],
  "lib/worker/options.ts": ["tests/programs/command_line_test.ts", END_TO_END],
  "lib/worker/route.ts": ["tests/worker/slot_test.ts", "it is tested with queues that stop and restart"],
  "lib/zmq/connect_error.ts": ["tests/zmq/addresses_test.ts", TYPES],
  "lib/zmq/connect_probe.ts": ["tests/zmq/connector_test.ts", "connectors use it"],
  "lib/zmq/constants.ts": ["", TYPES],
  "lib/zmq/keepalive.ts": ["tests/faults/connection_faults_test.ts", "only a lost link shows it"],
  "lib/zmq/peer_socket.ts": ["tests/zmq/connector_test.ts", "connectors use it"],
  "lib/zmq/scheduling.ts": ["tests/queue/queue_test.ts", "only its cost shows it"],
  "lib/zmq/symbols.ts": ["", TYPES],
};
