import { LOAD_FAULTS } from "./all.ts";
import { testFaults } from "./test_faults.ts";

testFaults(LOAD_FAULTS);
