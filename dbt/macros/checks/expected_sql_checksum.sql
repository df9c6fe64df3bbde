{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('7e3bf0813e2c266b750e7d8d23b7484508e6a65cc4be7e76cd9776ae7ca295ab') }}{% endmacro %}
