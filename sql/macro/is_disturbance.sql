-- core.is_disturbance: whether ground went from vegetated to mine-related (development) or back (reclamation).
--
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE MACRO core.is_disturbance(state_from, state_to) AS
(state_from.is_vegetated AND state_to.is_mine_related)
OR (state_from.is_mine_related AND state_to.is_vegetated);
