"""Mutation testing: small faults planted one by one in a copy of the tree, and whether the nearest tests notice.

    make mutation-test                                  20 mutants of every area (hours)
    make mutation-test AREA=promotion SAMPLE=40 SEED=2  of one area; several with commas
    make mutation-table                                 write the results into CONTRIBUTING.md

- `areas.yml` says which files an area has, and which tests are nearest to them.
- `sql/` makes the mutants of macros and models, `python/` those of Python: cosmic-ray's operators, and a few of ours.
- A mutant is killed if a test fails or runs out of time. What Python, dbt or the warehouse cannot even read says
  nothing about the tests: such a mutant is counted neither way, and shown as `unreadable`.
- `equivalents.yml` has the mutants that change nothing, each with its reason; they are not counted either. An entry
  whose line has changed since stops the run.
"""
