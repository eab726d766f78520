import { QUEUE_FAULTS } from "./all.ts";
import { testFaults } from "./test_faults.ts";

testFaults(QUEUE_FAULTS);
