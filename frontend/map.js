// The map of point data: no tiles and no base map, so nothing is asked of another host and no boundary is drawn.
// <div class="map" data-points="id of a json_script"> holds [{name, lon, lat}], degrees in CGCS2000 / WGS-84.
import L from "leaflet";

const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

function graticule(map, layer) {
  layer.clearLayers();
  const view = map.getBounds();
  const step = STEPS.find((s) => (view.getEast() - view.getWest()) / s <= 7) ?? 20;
  const places = step < 0.01 ? 3 : step < 1 ? 2 : 0;
  const style = { color: "#b9cade", weight: 1, interactive: false };
  const label = (point, text, anchor) =>
    L.marker(point, { interactive: false, keyboard: false, icon: L.divIcon({ className: "grid-label", html: text, iconAnchor: anchor, iconSize: null }) });
  for (let lon = Math.ceil(view.getWest() / step) * step; lon < view.getEast(); lon += step) {
    L.polyline([[view.getSouth(), lon], [view.getNorth(), lon]], style).addTo(layer);
    label([view.getNorth(), lon], `${lon.toFixed(places)}°E`, [-4, -4]).addTo(layer);
  }
  for (let lat = Math.ceil(view.getSouth() / step) * step; lat < view.getNorth(); lat += step) {
    L.polyline([[lat, view.getWest()], [lat, view.getEast()]], style).addTo(layer);
    label([lat, view.getWest()], `${lat.toFixed(places)}°N`, [-6, 16]).addTo(layer);
  }
}

for (const holder of document.querySelectorAll("[data-points]")) {
  const points = JSON.parse(document.getElementById(holder.dataset.points).textContent);
  const map = L.map(holder, { preferCanvas: true, attributionControl: false, zoomControl: false, zoomSnap: 0.5, scrollWheelZoom: false });
  L.control.attribution({ prefix: false }).addAttribution(holder.dataset.note).addTo(map);
  L.control.zoom({ position: "topright", zoomInTitle: holder.dataset.zoomIn, zoomOutTitle: holder.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.fitBounds(L.latLngBounds(points.map((p) => [p.lat, p.lon])).pad(0.08));
  const lines = L.layerGroup().addTo(map);
  graticule(map, lines);
  map.on("moveend", () => graticule(map, lines));
  for (const point of points) {
    const words = document.createElement("span");
    words.textContent = point.name;
    L.circleMarker([point.lat, point.lon], { radius: 5, color: "#fff", weight: 1.5, fillColor: "#c2410c", fillOpacity: 0.9 })
      .bindPopup(words)
      .bindTooltip(() => words.cloneNode(true))
      .addTo(map);
  }
}
