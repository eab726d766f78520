import { TIMING_FAULTS } from "./all.ts";
import { testFaults } from "./test_faults.ts";

testFaults(TIMING_FAULTS);
