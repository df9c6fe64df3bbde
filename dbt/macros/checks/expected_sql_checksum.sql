{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('0c2635326c8d8bf63f288f1423159a04abb5565d3e7e9c218586c6b3f900f196') }}{% endmacro %}
