{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('a560bd06e643ba63f7d993aa6ec807ae3bf99c84e0eab552dd2bbdc81c83d018') }}{% endmacro %}
