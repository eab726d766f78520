import { WORKER_FAULTS } from "./all.ts";
import { testFaults } from "./test_faults.ts";

testFaults(WORKER_FAULTS);
