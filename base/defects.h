#pragma once

namespace anabranch {

/// Mistakes of the kinds that systems like this one are known for. Each can be made on purpose, in
/// a build of its own, to see that the simulation finds it (`./dev simulate --defects`); every
/// other build is free of them at no cost. tests/simulation/defect_list.cpp says what each one
/// does.
enum class Defect {
  none,
  // what is told before it is true
  publish_before_disk,
  ack_before_disk,
  report_before_disk,
  progress_before_disk,
  replicated_ack_too_early,
  failed_commit_taken_for_done,
  // conflicts
  compare_versions_only,
  first_of_equal_stamps_stays,
  higher_dot_of_equal_writes_stays,
  drop_below_replaced_parent,
  version_ignores_knowledge,
  // streams and pulls
  ignore_reports,
  advance_past_gap,
  half_a_batch,
  join_before_last_piece,
  claim_per_origin,
  claim_later_than_entries,
  pull_leaves_out_beyond,
  lost_piece_unnoticed,
  hide_what_is_held_beyond,
  // disks that went back in time
  reuse_seq_after_restore,
  trust_the_first_peer_heard,
  // nodes on their way out
  drained_before_the_others_have_it,
  drained_but_for_what_is_held_beyond,
  drained_by_words_from_before,
  take_writes_while_draining,
  count_those_who_leave,
  // collected tombstones, and who may not know of them
  no_floor,
  collect_before_the_floor,
  collect_before_catching_up,
  collect_what_is_held_above,
  forget_what_was_collected,
  take_late_copies,
  exchange_with_anyone,
  stay_admitted,
  keep_what_was_judged,
  retire_what_records_name,
  // clients
  echo_to_the_writer,
  split_batch_in_delivery,
  no_retelling_below,
  no_retelling_below_to_writer,
  no_word_of_resurfaced_writes,
  tell_dots_beyond_the_vector,
  answer_claims_more_than_it_tells,
};

#ifdef ANABRANCH_DEFECTS
/// Set before the first replica is made, and not while one runs.
inline Defect planted_defect = Defect::none;
inline bool planted(Defect defect) { return planted_defect == defect; }
#else
constexpr bool planted(Defect) { return false; }
#endif

}  // namespace anabranch
