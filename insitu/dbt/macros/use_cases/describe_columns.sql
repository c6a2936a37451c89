{#- For a post-hook: comments in the database for the columns of a relation that its YAML does not describe: what the library
    itself gives out, the entity, quantiles of the score, and, in `<use_case>__scored_features`, the features. -#}
{% macro describe_columns(relation) %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set use_case, _, part = model.name.partition('__') -%}
    {%- set part = 'alert' if model.name.startswith('alert_') else part -%}
    {%- set words, config = insitu.column_words(), insitu.declared_use_case(use_case) or {} -%}
    {%- do words.update(insitu.words_of_experiments(config)) -%}
    {%- for column in config.get('entity', []) -%}{%- do words.update({column: 'What is predicted for.'}) -%}{%- endfor -%}
    {%- for level in insitu.quantiles(config) if config -%}
        {%- do words.update({insitu.quantile_columns(config)[loop.index0]: 'Quantile ' ~ level ~ ' of what is predicted.'}) -%}
    {%- endfor -%}
    {%- for column in insitu.reason_columns(config) if config -%}
        {%- set place = loop.index0 // 2 + 1 -%}
        {%- do words.update({column: [
            'The feature that contributed most to the score' if place == 1 else 'The feature that came ' ~ place ~ '. in that',
            'How much it did, before calibration: above 0 it raised the score; docs/scoring.md says in what units.',
        ][loop.index0 % 2]}) -%}
    {%- endfor -%}
    {%- set described = model.columns.values() | selectattr('description') | map(attribute='name') | list -%}
    {%- set columns = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) if column.name not in described -%}
        {%- set usual = 'The feature, as it was when the row was scored.' if part == 'scored_features' -%}
        {%- set description = words.get(part ~ '.' ~ column.name) or words.get(column.name) or usual -%}
        {%- if description -%}
            {%- do columns.update({column.name: {'name': column.name, 'description': description, 'quote': true}}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(alter_column_comment(relation, columns) if columns else '') -}}
{% endmacro %}


{#- What the columns mean that the library gives out, by their names; `<part>.<name>` where one means something else in the
    relation `<use_case>__<part>`, or in an alert. -#}
{% macro column_words() %}
    {{- return({
        'use_case': 'The use case.',
        'as_of': 'The moment of the prediction (UTC). Nothing that became known later went into it.',
        'score': 'The prediction: a probability, or the value itself in a regression.',
        'class': 'The class that `score` is the probability of.',
        'model_version': 'The model version; `ml_models` says how it was made.',
        'batch_id': 'The batch that the prediction came with; see `ml_batches`.',
        'batch_as_of': 'The "now" of that batch (UTC).',
        'predicted_at': 'When the batch was computed (UTC clock).',
        'decided_from': 'The policy that decided it, by the time from which it did; see `<use_case>__policies`.',
        'threshold': 'Score from which treating costs less than not treating; null without costs.',
        'is_in_charge': '1 for the prediction of record where a row was scored more than once, 0 for the others.',
        'is_treated': '1 if the score reaches the threshold.',
        'action': 'What the cost matrix asks for, in the words of `meta.ml.actions`.',
        'expected_profit': 'Money that the action is expected to bring, from `meta.ml.costs`; null without costs.',
        'decisions.reason': 'Why, in a word; docs/acting.md has them all.',
        'outcomes.reason': 'Why it was decided so, in a word; docs/acting.md has them all.',
        'policies.prices': 'The money of each action and class, as JSON; null where a threshold decides.',
        'policies.capacity': 'Rows that are treated at most in a period and group; null without a limit.',
        'policies.capacity_per': 'The period.',
        'policies.capacity_by': 'The columns of the group, as JSON.',
        'policies.explore_share': 'Share of rows whose action is drawn; null where nothing is.',
        'policies.explore_salt': 'What is hashed with the key to draw.',
        'policies.explore_actions': 'What may be drawn, each as probable, as JSON.',
        'effects.action': 'The action, against doing nothing.',
        'effects.n_rows': 'Rows that it was drawn for.',
        'effects.n_nothing': 'Rows that nothing was drawn for.',
        'effects.label_effect': 'By how much asking for it changes the mean label.',
        'effects.label_low': 'Lower end of the 95 % interval.',
        'effects.label_high': 'Upper end of the interval.',
        'effects.money_effect': 'By how much it changes the mean money.',
        'effects.money_low': 'Lower end of the 95 % interval.',
        'effects.money_high': 'Upper end of the interval.',
        'effects.done_share': 'Share of the rows that were to get it and did; null where nothing says.',
        'effects.done_share_nothing': 'Share of the rows that were to get nothing and got it.',
        'effects.label_of_done': 'Its effect on the label of those who got it because of the draw.',
        'effects.money_of_done': 'Its effect on the money of those.',
        'policy_version': 'The policy that decided it, by a hash of what it says.',
        'propensity': 'How probable this action was for this row; 1 where nothing is drawn.',
        'is_explored': '1 where the action was drawn, to learn what it brings.',
        'label': 'What came true.',
        'snapshot_id': 'The training snapshot that the rows are of.',
        'split': 'validation (chose the model) or test (chose nothing).',
        'slice_column': 'Column that was sliced by; `all` for the whole split.',
        'slice_value': 'Its value.',
        'metric': 'Name of the metric; docs/evaluation.md defines each.',
        'value': 'Value of the metric.',
        'ci_low': 'Lower end of the 95 % interval.',
        'ci_high': 'Upper end of the interval.',
        'n_rows': 'Rows that were counted.',
        'computed_by': 'Hash of the SQL that computed it; what it computed once is kept.',
        'training_as_of': 'The moment up to which it was trained and tested (UTC).',
        'decision': 'promoted or rejected.',
        'reason': 'Why.',
        'decided_at': 'When it was decided (UTC clock).',
        'previous_champion': 'The model in charge before; it is compared with that one.',
        'validation_value': 'Value of the selection metric on the validation.',
        'test_value': 'Value of the selection metric on the test.',
        'champion_test_value': 'That of the champion before, on the same rows.',
        'mean_difference': "Mean over the test's days of the advantage over the champion.",
        'difference_error': 'Standard error of that mean.',
        'calibration_error': 'Expected calibration error on the test.',
        'calibration_error_low': 'Lower end of its interval; what is judged.',
        'worst_slice_loss': 'Largest loss against the champion in any slice of the test; of an error, as a share.',
        'worst_slice': 'The slice that lost most.',
        'point_in_time': 'Whether the SQL of its training set is proved: proved, not proved or not checked.',
        'parity_batches': 'Recent batches whose features were computed again; null before the first.',
        'parity_features_changed': 'Features that had other values when they were scored.',
        'is_tested': 'Whether the test judged it; nothing spoke against it before.',
        'tests_before': 'Other versions that the same test had judged before; each makes it harder.',
        'judgement': '1, and one more each time it was judged again, on other evidence.',
        'candidate': 'Name of the candidate in `meta.ml.candidates`.',
        'family': 'Family of models.',
        'trained_rows': 'Rows it was fitted on.',
        'champion_since': 'The training that promoted it (UTC), or the override that pinned it.',
        'holds_from': 'From when on nothing changes who is in charge (UTC).',
        'holds_until': 'When that may change next (UTC); null where nothing says so.',
        'override': 'pin or veto.',
        'effective_from': 'From when on it acts (UTC).',
        'feature': 'The feature, or `(row)` for rows that are not there now.',
        'n_different': 'Rows whose value is another now.',
        'largest_difference': 'Largest difference of a number.',
        'differs_after_minutes': 'Of those rows the one that was scored longest after its as-of (minutes).',
        'may_differ': 'Declared in `meta.ml.parity.may_differ`.',
        'is_tolerated': 'Declared so, acknowledged for the batch, or within the tolerated share of its rows.',
        'parity.n_rows': 'Rows compared.',
        'parity.severity': 'warn, or error where `meta.ml.parity.severity` says so.',
        'alert.as_of': 'The time the finding is about (UTC).',
        'alert.value': 'What was found.',
        'alert': 'Name of the alert, which is the name of its model.',
        'subject': 'What it is about: a feature, a metric, a batch.',
        'severity': 'warn, or error: that fails the build.',
        'message': 'The finding in words.',
        'limit_value': 'What was allowed.',
        'features_hash': 'One hash of all features, as they were when the row was scored.',
        'hashed_columns': 'The features that it is of.',
        'experiment': 'Name of the experiment in `meta.ml.experiments`.',
        'variant': 'The variant that the row got.',
        'unit_id': 'What is assigned as one: the values of its columns, each with its length before it.',
        'share': 'Which share of the units that take part has the variant at that moment.',
        'is_control': '1 for the control, the first variant.',
        'is_shadow': '1 where the variant is scored beside, and nobody acts on it.',
        'step': 'The step of the ramp, counted from 0; in assignments -1 where all have the control.',
        'forced_action': 'The action that the variant asks for whatever the score says.',
        'assigned_version': 'The model version of the variant, where that is not the champion.',
        'assignments.propensity': 'How probable this variant was for the row.',
        'assignments.threshold': 'The threshold of the variant, where it has one of its own.',
        'exposures.propensity': 'How probable this variant was for the row.',
        'exposed_at': 'As-of time of the row (UTC).',
        'state': 'running, paused, rolled_back, completed or stopped.',
        'rollout_steps.decision': 'started, advanced, paused, resumed, rolled_back, completed, pinned or stopped.',
        'rollout_steps.decided_at': 'The now of the build that decided it (UTC); it counts for what falls due after that.',
        'rollout_steps.reason': 'Why, with the evidence.',
        'rollout_steps.metric': 'What the evidence is about.',
        'rollout_steps.value': 'Effect of the metric against the control, or matured units.',
        'rollout_steps.limit_value': 'The margin that was allowed, or the units that were needed.',
        'plan_id': 'Hash of what must not change while the experiment runs.',
        'challenger': 'The version that challenges, fixed when the experiment starts.',
        'override_from': 'The override that was heard, by its `effective_from` (UTC).',
        'written_at': 'When the row was written (UTC).',
        'backtest_key': 'Hash of data, code and configuration; nothing is computed twice for one key.',
        'trained_at': 'The moment up to which the candidate was fitted (UTC).',
        'from_as_of': 'First moment of the scored period (UTC).',
        'to_as_of': 'End of the scored period (UTC).',
        'age_days': 'Days between training and the scored period.',
        'every_days': 'Days between two trainings.',
        'train_rows': 'Rows it was fitted on.',
    }) -}}
{% endmacro %}
