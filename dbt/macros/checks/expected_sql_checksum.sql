{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('d09bce2a23aadd9a739026ff980f329145feb9c0fa943e49163003b3acfac869') }}{% endmacro %}
