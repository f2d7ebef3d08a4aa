/** In the place of everything, where the frame itself or its texts can't be had: in both languages, for want of either. */
export function Stopped() {
  return (
    <main role="alert">
      <h1>
        The page has stopped <span lang="zh-CN">页面已停止运行</span>
      </h1>
      <p>
        <a href={document.baseURI}>
          Load it again <span lang="zh-CN">重新加载</span>
        </a>
      </p>
    </main>
  );
}
