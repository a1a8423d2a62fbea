"""Tests that `make test` leaves out and `make test-all` runs: each is dear, and most have a sibling that stays.

Parts of a test's name as pytest prints it. What stays: a world or a level or a method of each kind.
"""

SLOW = (
    # Other worlds and levels of what is asked at one of them.
    *(f"test_every_world_keeps_every_law[{name}]" for name in ("sokoban-paper", "flowfree-paper")),
    *(f"test_every_world_keeps_every_law[{name}-small]" for name in ("maze", "flowfree", "sokoban")),
    "test_a_hard_problem_keeps_every_law[sokoban]",
    *(f"test_no_cheat_passes_by_being_looked_for[{name}]" for name in ("flowfree", "sokoban")),
    *(f"test_it_breaks_a_judge_that_explains_nothing[{name}]" for name in ("flowfree", "sokoban")),
    "test_what_is_certain_is_a_refusal[sokoban]",
    "test_a_cheat_is_never_a_success[sokoban",
    "test_both_agree_on_traces_of_every_kind[flowfree]",
    "test_a_judge_that_forgets_a_reason_is_found[sokoban]",
    "test_a_split_that_does_not_follow_the_board_is_found[flowfree]",
    "test_no_ghost_or_mark_is_a_success_as_a_file[24 px-sokoban]",
    "test_cheats_are_refused_at_two_moves_a_frame",
    "test_every_own_reason_has_a_cheat",
    "test_every_cheat_is_refused_and_every_own_reason_occurs",
    *(f"test_declared_tolerances_are_kept[micro-size2-{name}]" for name in ("flowfree", "sokoban")),
    "test_a_split_that_does_not_follow_the_board_is_found[sokoban]",
    "test_what_cannot_be_read_is_undecidable_with_why[sokoban",
    # Other ways to die, to be damaged or refused.
    "test_what_hangs_is_lost_after_a_second_try",
    "test_a_deadly_item_is_lost_and_no_other[loop-timed_out]",
    "test_a_busy_machine_changes_no_answer",
    "test_time_is_counted_for_each_item_and_not_for_their_chunk",
    "test_details_say_what_happened",
    *(f"test_a_file_that_turns_hostile_is_shown_as_lost[{way}" for way in ("hangs", "takes all memory")),
    *(
        f"test_a_segment_that_cannot_be_trusted_is_made_again[{harm}]"
        for harm in ("torn", "another world's", "empty", "gone", "another version's")
    ),
    "test_a_resumed_run_is_the_same_run_with_and_without_the_cache[True]",
    "test_an_overlay_that_takes_too_much_changes_no_verdict",
    "test_a_page_that_cannot_be_written_leaves_the_verdicts",
    "test_a_name_outside_ascii_costs_no_work",
    "test_a_limit_is_no_refusal_of_what_a_video_shows[slow-1.5",
    "test_a_hostile_frame_is_judged_quickly",
    "test_processes_give_the_same_result",
    "test_overlays_that_are_missing_are_drawn",
    "test_the_command_writes_overlays_and_the_page",
    "test_letterboxed_export_scores_one_in_half_the_size",
    # Whole runs of what smaller tests hold.
    "reports/test_audit_page.py::test_an_a",
    "reports/test_audit_page.py::test_what_fails",
    "test_the_same_result_on_any_number_of_processes",
    "test_a_result_survives_json",
    "test_the_same_seed_and_tries_give_the_same_result",
    "test_sft_and_awm_by_chunk",
    "test_figures_are_deterministic_and_follow_the_page",
    "test_validation_is_the_first_different_boards_of_its_split",
    "test_one_setting_is_chosen_and_plays_and_with_nothing_to_choose_it_is_plain_bit_for_bit",
    # The contract of methods whose keys are tried one by one, and keys of methods whose contract is.
    *(
        f"test_a_method_of_ours_keeps_the_contract[{name}]"
        for name in (
            "disback",
            "kat",
            "kat-start",
            "specs",
            "preference",
            "rejection-sft",
            "leaf",
            "flare-value",
        )
    ),
    "methods/test_settings_act_imitation.py::test_a",
    "methods/test_settings_act_players.py::test_a",
    "methods/test_settings_act_trials.py::test_a",
)
