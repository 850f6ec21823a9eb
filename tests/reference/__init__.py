"""What the engine must do, told for one customer at a time: plain records, plain loops, no database.

Written from the specification alone and slow on purpose. The property tests compare the set-based engine
with it; where the two differ, the specification decides who is wrong.
"""
