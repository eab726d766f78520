import { CONNECTION_FAULTS } from "./all.ts";
import { testFaults } from "./test_faults.ts";

testFaults(CONNECTION_FAULTS);
