{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('310dfb032ff309fb23369a1f5c33922579135d2db2bfb1295d4fc01796654737') }}{% endmacro %}
