{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('d8ec95d4368f0fc6151b5b5661c68212cacc93ece857b46179a4cd874053b6ef') }}{% endmacro %}
