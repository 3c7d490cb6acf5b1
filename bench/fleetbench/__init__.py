"""The benchmarks of lockstep; bench/run is the program, doc/benchmarks.md the description."""
