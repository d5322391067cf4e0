// The usage chart. <div class="chart" data-series="id of a json_script"> holds {days, series: [{name, values}]}.
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, SVGRenderer]);

const COLOURS = ["#1450b0", "#c2410c", "#12703a"];

for (const holder of document.querySelectorAll("[data-series]")) {
  const data = JSON.parse(document.getElementById(holder.dataset.series).textContent);
  const chart = echarts.init(holder, null, { renderer: "svg" });
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78;
  const text = { color: "#33435b", fontSize: size, fontFamily: getComputedStyle(document.body).fontFamily };
  chart.setOption({
    color: COLOURS,
    animation: false,
    textStyle: text,
    aria: { enabled: true },
    grid: { left: 8, right: 12, top: 40, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, textStyle: text, itemWidth: 14, itemHeight: 10 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: data.days, axisTick: { show: false }, axisLabel: text, axisLine: { lineStyle: { color: "#9aa8bc" } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: "#e3e9f2" } } },
    series: data.series.map((one) => ({ type: "bar", name: one.name, data: one.values, barMaxWidth: 22, stack: "all" })),
  });
  new ResizeObserver(() => chart.resize()).observe(holder);
}
