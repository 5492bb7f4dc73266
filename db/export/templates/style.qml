{# A layer's style as QGIS saves it: one colour, classes of a number, or the values of a column. #}
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology">
  <renderer-v2 type="{{ kind }}"{% if column %} attr="{{ column }}"{% endif %} symbollevels="0" enableorderby="0"{% if kind == "graduatedSymbol" %} graduatedMethod="GraduatedColor"{% endif %}>
{% if kind == "graduatedSymbol" %}
    <ranges>
{% for low, high in ranges %}
      <range lower="{{ low }}" upper="{{ high }}" label="{{ '%.4g - %.4g' % (low, high) }}" symbol="{{ loop.index0 }}" render="true"/>
{% endfor %}
    </ranges>
{% elif kind == "categorizedSymbol" %}
    <categories>
{% for value in values %}
      <category value="{{ value }}" label="{{ value }}" symbol="{{ loop.index0 }}" render="true"/>
{% endfor %}
    </categories>
{% endif %}
    <symbols>
{% for colour in colours %}
      <symbol name="{{ loop.index0 }}" type="fill" alpha="0.8">
        <layer class="SimpleFill" enabled="1">
          <Option type="Map">
{% for name, value in fill(colour) %}
            <Option name="{{ name }}" type="QString" value="{{ value }}"/>
{% endfor %}
          </Option>
{% for name, value in fill(colour) %}
          <prop k="{{ name }}" v="{{ value }}"/>
{% endfor %}
        </layer>
      </symbol>
{% endfor %}
    </symbols>
  </renderer-v2>
</qgis>
